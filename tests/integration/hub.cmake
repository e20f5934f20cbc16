vn_script_test(hub_service integration/test_hub.py)
