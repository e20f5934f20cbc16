# The templates become const data of vn_loyalty; a program that asks for none is linked without them.
file(GLOB templates CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.json)
list(SORT templates)
set(templates_c ${PROJECT_BINARY_DIR}/generated/agent/loyalty/templates.c)
add_custom_command(OUTPUT ${templates_c}
  COMMAND ${CMAKE_COMMAND} -DOUT=${templates_c} "-DFILES=${templates}" -P ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  DEPENDS ${templates} ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  COMMENT "templates of promotions" VERBATIM)
target_sources(vn_loyalty PRIVATE ${templates_c})
