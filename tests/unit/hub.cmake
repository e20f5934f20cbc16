# The hub's tests run over each of its two databases. The PostgreSQL server is started once for all tests of a run, and
# ended after them, see tests/integration/postgres.py.
set(postgres ${PROJECT_SOURCE_DIR}/tests/integration/postgres.py)
set(postgres_file ${CMAKE_BINARY_DIR}/postgres/server)
add_test(NAME postgres_start COMMAND /usr/bin/python3 ${postgres} start ${postgres_file})
add_test(NAME postgres_stop COMMAND /usr/bin/python3 ${postgres} stop ${postgres_file})
set_tests_properties(postgres_start PROPERTIES FIXTURES_SETUP postgres TIMEOUT 120)
set_tests_properties(postgres_stop PROPERTIES FIXTURES_CLEANUP postgres TIMEOUT 120)

# vn_hub_test(<part> [more sources]): tests/unit/test_hub_<part>.c, once a database.
function(vn_hub_test part)
  set(sources test_hub_${part}.c hub_world.c hub_world_ledger.c database.c ${ARGN})
  list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/tests/unit/)
  vn_test(hub_${part} SOURCES ${sources} LINKS vn_hub)
  add_test(NAME hub_${part}_postgres COMMAND test_hub_${part})
  set_tests_properties(hub_${part}_postgres PROPERTIES TIMEOUT 120 FIXTURES_REQUIRED postgres
    ENVIRONMENT VERNO_TEST_POSTGRES=${postgres_file})
endfunction()

set(parts
  admission
  ahead
  contradictions
  caps
  cards
  codes
  contact
  damage
  enrolled
  epoch
  export
  fleet
  frozen
  full
  held
  hostile
  ingest
  book
  jobs
  lease
  ledger
  elsewhere
  lies
  named
  owed
  quarantine
  renew
  setting
  signup
  still
  storage
  storage_many
  storage_rows
  write_off)
foreach(part ${parts})
  vn_hub_test(${part})
endforeach()
vn_hub_test(branch hub_handed.c)
vn_hub_test(left hub_handed.c)
vn_hub_test(lending hub_store.c)
vn_hub_test(lent_gone hub_store.c)
vn_hub_test(lent_open hub_store.c)
vn_hub_test(lent_lies hub_store.c)
vn_hub_test(lent_lots hub_store.c)
vn_hub_test(lent_on hub_store.c)
vn_hub_test(gone_after_all hub_store.c)
vn_hub_test(regrant hub_store.c)
vn_hub_test(rights hub_store.c)
vn_hub_test(requote hub_seller.c)
vn_hub_test(requote_refused hub_seller.c)
vn_hub_test(requote_worlds hub_seller.c loyalty_worlds.c loyalty_random_rules.c loyalty_random_sale.c)
foreach(part feed checkpoints)
  vn_hub_test(${part} hub_listener.c)
endforeach()
target_link_libraries(test_hub_cards PRIVATE vn_store) # the cache that hears of them
vn_test(hub_versions SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_versions.c LINKS vn_hub)
vn_test(hub_book_packed SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_book_packed.c LINKS vn_hub)
vn_test(hub_intake SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_intake.c LINKS vn_hub)
vn_test(hub_ca SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_ca.c LINKS vn_hub)
vn_test(hub_ca_look SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_ca_look.c LINKS vn_hub)
vn_test(hub_busy SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_busy.c ${CMAKE_CURRENT_LIST_DIR}/net_fixture.c LINKS vn_hub)
vn_test(hub_polls SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_polls.c LINKS vn_hub)
vn_test(hub_said SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_said.c LINKS vn_hub)
vn_test(hub_snapshots SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_snapshots.c LINKS vn_hub)
vn_test(hub_clock SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_clock.c LINKS vn_hub)
vn_test(hub_health SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_health.c LINKS vn_hub)
# of one database with another, table by table
vn_test(hub_members SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_members.c ${CMAKE_CURRENT_LIST_DIR}/hub_world.c ${CMAKE_CURRENT_LIST_DIR}/hub_world_ledger.c
  ${CMAKE_CURRENT_LIST_DIR}/database.c LINKS vn_bench_members vn_db)
