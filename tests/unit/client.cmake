vn_test(client SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_client.c LINKS vn_client)
