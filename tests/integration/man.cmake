vn_script_test(man integration/test_man.py)
