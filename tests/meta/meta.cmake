# The rules of the house as tests; see docs/house.md.
vn_script_test(meta_po2c meta/po2c_test.py)
