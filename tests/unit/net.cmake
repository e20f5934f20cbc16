foreach(part gzip server client tls bodies ranges calls sessions doors)
  vn_test(net_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_net_${part}.c ${CMAKE_CURRENT_LIST_DIR}/net_fixture.c
    LINKS vn_net)
endforeach()
# Each send fails in turn: the boxes' calls of libuv's are led to the test.
vn_test(net_sends SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_net_sends.c ${CMAKE_CURRENT_LIST_DIR}/net_fixture.c LINKS vn_net)
target_link_options(test_net_sends PRIVATE LINKER:--wrap=uv_write LINKER:--wrap=uv_try_write)
