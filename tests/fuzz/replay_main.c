/* Replays a corpus through a fuzzer's entry, without a fuzzer: what was found once is held for ever. Takes the
 * corpus folder; fails when there is nothing in it. */
#include <glob.h>
#include <stdint.h>
#include <stdio.h>

#define INPUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    static uint8_t input[INPUT_MAX];
    char pattern[1024];
    glob_t found = {0};
    (void)snprintf(pattern, sizeof pattern, "%s/*", argc == 2 ? argv[1] : "");
    if (glob(pattern, 0, NULL, &found) != 0) {
        (void)fprintf(stderr, "no corpus at %s\n", pattern);
        return 1;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *file = fopen(found.gl_pathv[i], "rb");
        if (file == NULL) {
            return 1;
        }
        size_t len = fread(input, 1, sizeof input, file);
        (void)fclose(file);
        (void)printf("%s: %zu bytes\n", found.gl_pathv[i], len);
        (void)LLVMFuzzerTestOneInput(input, len);
    }
    globfree(&found);
    return 0;
}
