vn_script_test(quote integration/test_quote.py)
vn_script_test(options integration/test_options.py)
