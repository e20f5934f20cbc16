# Parts of toolchain/bench; not tests, and nothing here is timed by ctest.
add_library(vn_bench STATIC ${CMAKE_CURRENT_LIST_DIR}/bench.c)
target_include_directories(vn_bench PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(vn_bench PUBLIC vn_loyalty vn_base)
foreach(name till limits scan sale ready quote worst)
  add_executable(bench_${name} ${CMAKE_CURRENT_LIST_DIR}/bench_${name}.c)
  target_link_libraries(bench_${name} PRIVATE vn_bench vn_store vn_wire vn_loyalty vn_crypto vn_db vn_base)
endforeach()
# A right that a neighbour till has.
add_executable(bench_lend ${CMAKE_CURRENT_LIST_DIR}/bench_lend.c)
target_link_libraries(bench_lend PRIVATE vn_bench vn_app)
# Load from outside a running hub.
add_library(vn_bench_hub STATIC ${CMAKE_CURRENT_LIST_DIR}/hub_tills.c ${CMAKE_CURRENT_LIST_DIR}/hub_receipts.c
  ${CMAKE_CURRENT_LIST_DIR}/hub_watch.c)
target_link_libraries(vn_bench_hub PUBLIC vn_bench vn_net vn_wire vn_loyalty vn_crypto vn_base)
foreach(name load limits)
  add_executable(bench_hub_${name} ${CMAKE_CURRENT_LIST_DIR}/hub_${name}.c)
  target_link_libraries(bench_hub_${name} PRIVATE vn_bench_hub PkgConfig::SQLITE)
endforeach()
# The fleet has the uplink that tills are shipped with.
add_executable(bench_hub_fleet ${CMAKE_CURRENT_LIST_DIR}/hub_fleet.c ${CMAKE_CURRENT_LIST_DIR}/hub_fleet_till.c)
target_link_libraries(bench_hub_fleet PRIVATE vn_bench_hub vn_app)
# Members without their import.
add_library(vn_bench_members STATIC ${CMAKE_CURRENT_LIST_DIR}/hub_members.c)
target_link_libraries(vn_bench_members PUBLIC vn_bench vn_hub)
add_executable(bench_hub_fill ${CMAKE_CURRENT_LIST_DIR}/hub_fill.c)
target_link_libraries(bench_hub_fill PRIVATE vn_bench_members)
add_executable(bench_hub_tls ${CMAKE_CURRENT_LIST_DIR}/hub_tls.c)
target_link_libraries(bench_hub_tls PRIVATE vn_bench vn_net vn_crypto vn_base)
add_executable(bench_hub_postgres ${CMAKE_CURRENT_LIST_DIR}/hub_postgres.c)
target_link_libraries(bench_hub_postgres PRIVATE vn_bench_hub vn_hub)
add_executable(bench_hub_snapshot ${CMAKE_CURRENT_LIST_DIR}/hub_snapshot.c)
target_link_libraries(bench_hub_snapshot PRIVATE vn_bench vn_store vn_wire vn_db vn_base Threads::Threads)
