vn_script_test(screen_window integration/screen_window.py)
vn_script_test(screen_text integration/screen_text.py)
