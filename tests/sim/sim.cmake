# The simulator: the boxes as they are (their archives, so that libuv is not linked), and what stands in for libuv, the network
# and the disk.
set(sim ${CMAKE_CURRENT_LIST_DIR})
set(sim_boxes vn_cli vn_app vn_pos vn_uplink vn_peer vn_till vn_drivers vn_prompt vn_hub vn_store vn_wire vn_loyalty vn_codes vn_net vn_db vn_crypto vn_base)
file(GLOB sim_sources CONFIGURE_DEPENDS ${sim}/main.c ${sim}/plant.c ${sim}/core/*.c ${sim}/uv/*.c ${sim}/net/*.c ${sim}/world/*.c ${sim}/oracle/*.c ${sim}/runs/*.c)
add_executable(sim ${sim_sources})
target_include_directories(sim PRIVATE ${PROJECT_SOURCE_DIR})
add_dependencies(sim ${sim_boxes} vn_sim_disk)
list(TRANSFORM sim_boxes REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE sim_archives)
target_link_options(sim PRIVATE $<TARGET_PROPERTY:vn_diskfiles,INTERFACE_LINK_OPTIONS> LINKER:--wrap=clock_gettime LINKER:--wrap=getrandom
  LINKER:--wrap=nanosleep LINKER:--wrap=json_load_file LINKER:--wrap=mbedtls_pk_verify)
target_link_libraries(sim PRIVATE $<TARGET_OBJECTS:vn_diskfiles> $<TARGET_FILE:vn_sim_disk> -Wl,--start-group ${sim_archives} -Wl,--end-group
  PkgConfig::SQLITE PkgConfig::POSTGRES PkgConfig::MBEDTLS PkgConfig::LLHTTP PkgConfig::JANSSON PkgConfig::ZLIB PkgConfig::SERIALPORT
  PkgConfig::USB PkgConfig::UDEV PkgConfig::INIH m)
if(NOT VERNO_SANITIZE) # the sources are the same, and a sanitizer has symbols of its own
  vn_script_test(sim_symbols sim/symbols.py)
endif()
vn_script_test(sim_replay sim/replay.py)
if(VERNO_PLANTED) # toolchain/check runs it in that build
  vn_script_test(sim_shrink sim/shrink.py)
endif()
# Two minutes of two processors; what is on the list in world/wanted.inc must be reached. More seeds are run by toolchain/check --long.
# Sanitizers are slow, and take eight. What no seed draws is asked for by name, some twenty seconds of a processor; neighbours that
# lie and tills that perish must have struck.
if(VERNO_SANITIZE)
  add_test(NAME sim_seeds COMMAND sim --seeds 8 --sales 31 --jobs 2)
  set_tests_properties(sim_seeds PROPERTIES TIMEOUT 600)
else()
  add_test(NAME sim_seeds COMMAND sim --seeds 200 --sales 31 --jobs 2 --coverage)
  add_test(NAME sim_undrawn_faults COMMAND sim --seeds 12 --sales 20 --jobs 2 --must "lie: has more than it has" --must "lie: lends what it does not give"
    --must "till: give_refused" --must "till: enrolled anew without a reason" --faults loss,slow,repeat,cut,crash,hub-crash,stop,clock,full,lost,lie,anew)
  add_test(NAME sim_undrawn_habits COMMAND sim --seeds 6 --sales 20 --jobs 2 --must "till: perishes when it has lent" --must "poison: with counters of a right"
    --stores 1 --tills 4 --members 8 --faults loss,slow,repeat,cut,crash,hub-crash,stop,clock --habits all)
  set_tests_properties(sim_seeds sim_undrawn_faults sim_undrawn_habits PROPERTIES TIMEOUT 600)
endif()

# The same chain, in which each allocation of a till or of the hub fails: what stands in for the system has memory of its own.
set(sim_alloc_sources ${sim_sources})
list(FILTER sim_alloc_sources EXCLUDE REGEX "/(main|runs/[a-z_]+)\\.c$")
add_executable(sim_alloc ${sim_alloc_sources} ${sim}/alloc/main.c)
target_include_directories(sim_alloc PRIVATE ${PROJECT_SOURCE_DIR})
target_compile_definitions(sim_alloc PRIVATE malloc=failalloc_own_malloc calloc=failalloc_own_calloc realloc=failalloc_own_realloc
  strdup=failalloc_own_strdup)
add_dependencies(sim_alloc ${sim_boxes} vn_sim_disk vn_failalloc)
get_target_property(sim_options sim LINK_OPTIONS)
get_target_property(sim_libraries sim LINK_LIBRARIES)
target_link_options(sim_alloc PRIVATE ${sim_options} $<TARGET_PROPERTY:vn_failalloc,INTERFACE_LINK_OPTIONS>)
target_link_libraries(sim_alloc PRIVATE $<TARGET_OBJECTS:vn_failalloc> ${sim_libraries} PkgConfig::CMOCKA)
if(NOT VERNO_SANITIZE) # a run apart for each of them
  add_test(NAME sim_alloc_till COMMAND sim_alloc till 2000 17)
  add_test(NAME sim_alloc_hub COMMAND sim_alloc hub 6000 17)
  add_test(NAME sim_alloc_till_long COMMAND sim_alloc till 100)
  add_test(NAME sim_alloc_hub_long COMMAND sim_alloc hub 500)
  set_tests_properties(sim_alloc_till sim_alloc_hub PROPERTIES TIMEOUT 900)
  set_tests_properties(sim_alloc_till_long sim_alloc_hub_long PROPERTIES LABELS long)
endif()
