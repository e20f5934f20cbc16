vn_test(peer SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_peer.c ${CMAKE_CURRENT_LIST_DIR}/peer_world.c LINKS vn_peer)
