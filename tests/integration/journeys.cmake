# The real hub and agent as processes of their own (tests/integration/chain.py). The shim gives them a wrong clock or a bad disk.
add_library(verno-trouble-shim SHARED ${CMAKE_CURRENT_LIST_DIR}/trouble_shim.c)
set_target_properties(verno-trouble-shim PROPERTIES COMPILE_OPTIONS "-Wall;-Wextra;-Werror" LINK_OPTIONS ""
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
vn_script_test(kill integration/test_kill.py)
vn_script_test(outages integration/test_outages.py)
vn_script_test(enrolling integration/test_enrol.py)
vn_script_test(renewal integration/test_renewal.py)
vn_script_test(bad_input integration/test_bad_input.py)
vn_script_test(payment_cards integration/test_payment_cards.py)
vn_script_test(endings integration/test_endings.py)
