# The compiled schemas against python3-jsonschema.
add_executable(schema_lines ${CMAKE_CURRENT_LIST_DIR}/schema_lines.c)
target_include_directories(schema_lines PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(schema_lines PRIVATE vn_loyalty)
vn_script_test(schemas integration/test_schemas.py)
