vn_script_test(practice_chain integration/test_practice_chain.py)
vn_script_test(play integration/test_play.py)
vn_script_test(demo integration/test_demo.py)
# It ends programs with their terminal already gone. The leak checker's own tracer thread hangs in such an end and
# leaves a process behind that turns in circles; leaks of the same programs are looked for in practice_pos and play.
set_tests_properties(demo PROPERTIES ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0")
vn_script_test(play_notices integration/test_play_notices.py)
vn_script_test(practice_pos integration/test_practice_pos.py)
