vn_test(crypto_hash SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_crypto_hash.c LINKS vn_crypto)
vn_test(crypto_sign SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_crypto_sign.c LINKS vn_crypto)
vn_test(crypto_x509 SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_crypto_x509.c LINKS vn_crypto)
