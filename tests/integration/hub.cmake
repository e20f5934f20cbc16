vn_script_test(hub_service integration/test_hub.py)
vn_script_test(postgres integration/test_postgres.py)
