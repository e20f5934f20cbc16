vn_script_test(hub_service integration/test_hub.py)
vn_script_test(postgres integration/test_postgres.py)
vn_script_test(hub_set_back integration/test_set_back.py)
vn_script_test(hub_monitor integration/test_monitor.py)
