# Each database on a disk on which one call fails (tests/sim/faildisk.h).
vn_test(failpoints_journal SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failpoints_journal.c
  ${CMAKE_CURRENT_LIST_DIR}/journal_day.c LINKS vn_faildisk vn_store)
vn_test(crash_journal SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_crash_journal.c ${CMAKE_CURRENT_LIST_DIR}/journal_day.c
  LINKS vn_faildisk vn_store)
vn_test(failpoints_cache SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failpoints_cache.c ${CMAKE_CURRENT_LIST_DIR}/cache_day.c
  ${CMAKE_CURRENT_LIST_DIR}/cache_world.c LINKS vn_faildisk vn_store)
vn_test(crash_cache SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_crash_cache.c ${CMAKE_CURRENT_LIST_DIR}/cache_day.c
  ${CMAKE_CURRENT_LIST_DIR}/cache_file.c ${CMAKE_CURRENT_LIST_DIR}/cache_world.c LINKS vn_faildisk vn_store)
set(hub_day ${CMAKE_CURRENT_LIST_DIR}/hub_day.c ${CMAKE_CURRENT_LIST_DIR}/hub_world.c ${CMAKE_CURRENT_LIST_DIR}/hub_world_ledger.c ${CMAKE_CURRENT_LIST_DIR}/database.c)
vn_test(failpoints_hub SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failpoints_hub.c ${hub_day} LINKS vn_faildisk vn_hub)
vn_test(crash_hub SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_crash_hub.c ${hub_day} LINKS vn_faildisk vn_hub)
vn_test(db_log SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_db_log.c LINKS vn_faildisk vn_db)
vn_test(db_log_number SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_db_log_number.c LINKS vn_db)
vn_test(cache_order SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_cache_order.c ${CMAKE_CURRENT_LIST_DIR}/cache_world.c
  LINKS vn_faildisk vn_store)
vn_test(journal_reader SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_journal_reader.c LINKS vn_faildisk vn_store)
# The same many times over, with VERNO_LONG_SECONDS.
foreach(part cache hub journal)
  add_test(NAME crash_${part}_long COMMAND test_crash_${part})
  set_tests_properties(crash_${part}_long PROPERTIES LABELS long)
endforeach()
# Memory that runs out (tests/sim/failalloc.h).
vn_test(failalloc_json SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failalloc_json.c LINKS vn_failalloc vn_base)
vn_test(failalloc_store SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failalloc_store.c ${CMAKE_CURRENT_LIST_DIR}/journal_day.c
  LINKS vn_failalloc vn_faildisk vn_store)
vn_test(failalloc_cache SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failalloc_cache.c ${CMAKE_CURRENT_LIST_DIR}/cache_day.c
  ${CMAKE_CURRENT_LIST_DIR}/cache_world.c LINKS vn_failalloc vn_faildisk vn_store)
vn_test(failalloc_report SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failalloc_report.c ${CMAKE_CURRENT_LIST_DIR}/hub_world.c
  ${CMAKE_CURRENT_LIST_DIR}/hub_world_ledger.c ${CMAKE_CURRENT_LIST_DIR}/database.c LINKS vn_failalloc vn_hub)
vn_test(failalloc_hub SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_failalloc_hub.c ${hub_day} LINKS vn_failalloc vn_faildisk vn_hub)
foreach(part store cache hub) # each allocation
  add_test(NAME failalloc_${part}_long COMMAND test_failalloc_${part})
  set_tests_properties(failalloc_${part}_long PROPERTIES LABELS long)
endforeach()
