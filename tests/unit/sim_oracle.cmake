# The simulator's oracle by itself: what it must complain of.
set(sim_oracle ${CMAKE_CURRENT_LIST_DIR}/../sim)
vn_test(sim_oracle SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_sim_oracle.c ${sim_oracle}/oracle/oracle.c
  ${sim_oracle}/oracle/hub.c ${sim_oracle}/oracle/copies.c ${sim_oracle}/oracle/uses.c ${sim_oracle}/world/chain.c ${sim_oracle}/world/chain_rules.c
  LINKS vn_loyalty vn_base PkgConfig::JANSSON)
