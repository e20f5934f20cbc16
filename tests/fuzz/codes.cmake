if(VERNO_FUZZ)
  add_executable(fuzz_codes ${CMAKE_CURRENT_LIST_DIR}/fuzz_codes.c)
  target_include_directories(fuzz_codes PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(fuzz_codes PRIVATE vn_codes -fsanitize=fuzzer)
  target_compile_options(fuzz_codes PRIVATE -fsanitize=fuzzer)
  add_test(NAME fuzz_codes COMMAND fuzz_codes -runs=20000 -max_len=4096 -seed=1
    ${CMAKE_CURRENT_BINARY_DIR}/fuzz_codes_new ${CMAKE_CURRENT_LIST_DIR}/corpus/codes)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/fuzz_codes_new)
endif()
