foreach(name peer peer_lies)
  vn_test(${name} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_${name}.c ${CMAKE_CURRENT_LIST_DIR}/peer_world.c LINKS vn_peer)
endforeach()
