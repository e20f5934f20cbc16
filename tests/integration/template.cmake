vn_script_test(template integration/test_template.py)
