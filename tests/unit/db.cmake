vn_test(db SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_db.c LINKS vn_db)
