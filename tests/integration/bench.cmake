vn_script_test(bench_hub integration/test_bench_hub.py)
