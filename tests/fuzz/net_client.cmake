# As in net_server.cmake, for the other end.
add_executable(replay_net_client ${CMAKE_CURRENT_LIST_DIR}/fuzz_net_client.c ${CMAKE_CURRENT_LIST_DIR}/replay_main.c)
target_link_libraries(replay_net_client PRIVATE vn_net)
add_test(NAME replay_net_client COMMAND replay_net_client ${CMAKE_CURRENT_LIST_DIR}/corpus/net_client)
set_tests_properties(replay_net_client PROPERTIES TIMEOUT 60)
if(VERNO_FUZZ)
  get_target_property(net_sources vn_net SOURCES)
  add_executable(fuzz_net_client ${CMAKE_CURRENT_LIST_DIR}/fuzz_net_client.c ${net_sources})
  target_link_libraries(fuzz_net_client PRIVATE vn_crypto PkgConfig::UV PkgConfig::LLHTTP PkgConfig::MBEDTLS
    PkgConfig::ZLIB)
  target_compile_options(fuzz_net_client PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_net_client PRIVATE -fsanitize=fuzzer)
endif()
