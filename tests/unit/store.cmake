vn_test(journal SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_journal.c LINKS vn_store)
vn_test(journal_rights SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_journal_rights.c LINKS vn_store)
vn_test(journal_crash SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_journal_crash.c LINKS vn_store)
vn_test(cache SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_cache.c LINKS vn_store)
