# The rules of the house as tests; see docs/house.md. The sources are the same in every build: judged in one.
if(NOT VERNO_SANITIZE)
  foreach(rule includes planted size words assertions origins scripts selftests po2c_test schema2c_test jobs_test shop_test)
    vn_script_test(meta_${rule} meta/${rule}.py)
    set_tests_properties(meta_${rule} PROPERTIES ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
  endforeach()
endif()
