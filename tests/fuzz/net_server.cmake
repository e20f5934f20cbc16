# As in drivers.cmake: the corpus is always replayed as a test; under libFuzzer the box is compiled anew, so that its branches count.
add_executable(replay_net_server ${CMAKE_CURRENT_LIST_DIR}/fuzz_net_server.c ${CMAKE_CURRENT_LIST_DIR}/replay_main.c)
target_link_libraries(replay_net_server PRIVATE vn_net)
add_test(NAME replay_net_server COMMAND replay_net_server ${CMAKE_CURRENT_LIST_DIR}/corpus/net_server)
set_tests_properties(replay_net_server PROPERTIES TIMEOUT 60)
if(VERNO_FUZZ)
  get_target_property(net_sources vn_net SOURCES)
  add_executable(fuzz_net_server ${CMAKE_CURRENT_LIST_DIR}/fuzz_net_server.c ${net_sources})
  target_link_libraries(fuzz_net_server PRIVATE vn_crypto PkgConfig::UV PkgConfig::LLHTTP PkgConfig::MBEDTLS
    PkgConfig::ZLIB)
  target_compile_options(fuzz_net_server PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_net_server PRIVATE -fsanitize=fuzzer)
endif()
