foreach(part ledger ingest fleet hostile lies frozen)
  vn_test(hub_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_${part}.c ${CMAKE_CURRENT_LIST_DIR}/hub_world.c
    LINKS vn_hub)
endforeach()
vn_test(hub_versions SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hub_versions.c LINKS vn_hub)
