add_executable(bench_quote ${CMAKE_CURRENT_LIST_DIR}/bench_quote.c)
target_include_directories(bench_quote PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(bench_quote PRIVATE vn_loyalty)
