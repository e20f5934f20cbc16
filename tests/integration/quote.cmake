vn_script_test(quote integration/test_quote.py)
