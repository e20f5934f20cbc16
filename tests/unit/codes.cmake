vn_test(codes SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_codes.c LINKS vn_codes)
