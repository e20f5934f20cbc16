# Liars at either end, and clocks that are ten years off.
vn_script_test(bad_sync integration/test_bad_sync.py)
vn_script_test(lying_hub integration/test_lying_hub.py)
vn_script_test(clocks integration/test_clocks.py)
# The hub quotes again what tills sold.
vn_script_test(requote integration/test_requote.py)
# What a cashier is told can be paid at her till, and what can.
vn_script_test(here integration/test_here.py)
# Tills of a store that lend to each other.
vn_script_test(lending integration/test_lending.py)
# Receipts that come back at tills that lack them.
vn_script_test(elsewhere integration/test_elsewhere.py)
