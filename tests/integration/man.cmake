vn_script_test(man integration/test_man.py)
vn_script_test(docs integration/test_docs.py)
