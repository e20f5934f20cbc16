foreach(part gzip server client tls bodies ranges calls sessions doors)
  vn_test(net_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_net_${part}.c ${CMAKE_CURRENT_LIST_DIR}/net_fixture.c
    LINKS vn_net)
endforeach()
