vn_script_test(practice_chain integration/test_practice_chain.py)
vn_script_test(play integration/test_play.py)
vn_script_test(play_notices integration/test_play_notices.py)
vn_script_test(practice_pos integration/test_practice_pos.py)
