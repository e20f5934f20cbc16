vn_test(db SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_db.c LINKS vn_db)
vn_test(db_copy SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_db_copy.c LINKS vn_db)
