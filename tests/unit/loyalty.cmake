foreach(part rules members scope coupons schedule limits explain formats law basket points tender earning wallets funding given lots tiers twenty)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
endforeach()
# a world and what must come out of it, from a file
foreach(part worked templates)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_case.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
endforeach()
vn_test(loyalty_worked_returns SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_worked_returns.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_case.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_after.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_book.c LINKS vn_loyalty)
vn_test(loyalty_allocation SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_allocation.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
target_link_options(test_loyalty_allocation PRIVATE -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc)
# rulesets and documents by their keys
foreach(part prices readers schema)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c LINKS vn_loyalty)
endforeach()
vn_test(loyalty_tier_periods SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_tier_periods.c LINKS vn_loyalty)
vn_test(loyalty_json SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_json.c LINKS vn_loyalty)
vn_test(loyalty_asks SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_asks.c LINKS vn_loyalty)
vn_test(loyalty_json_refused SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_json_refused.c LINKS vn_loyalty)
foreach(part lint lint_pairs)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_lint.c LINKS vn_loyalty)
endforeach()
# what comes after the sale
vn_test(loyalty_fiscal SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_fiscal.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_after.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_fiscal.c LINKS vn_loyalty)
foreach(part returns returns_given)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_after.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_returns.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_returns_world.c LINKS vn_loyalty)
endforeach()
foreach(part book book_expiry book_history book_join book_limits)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_after.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_book.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_book_world.c LINKS vn_loyalty)
endforeach()
vn_test(loyalty_returns_json SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_returns_json.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_after.c LINKS vn_loyalty)
foreach(part after late)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_after.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_fiscal.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_returns.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_after_book.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_rules.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_sale.c LINKS vn_loyalty)
endforeach()
vn_test(loyalty_index SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_index.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_worlds.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_rules.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_sale.c LINKS vn_loyalty)
vn_test(loyalty_memory SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_memory.c LINKS vn_loyalty)
target_link_options(test_loyalty_memory PRIVATE -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free)
# the worked examples of fiscal lines
vn_test(loyalty_worked_fiscal SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_worked_fiscal.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
