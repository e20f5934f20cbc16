/* What members owe of the chain's risk. */
#include <stdio.h>

#include "sync/hub/cli/cli.h"

static void print_risks(const json_t *document)
{
    static const struct vn_cli_column columns[] = {{"account", VN_CLI_TEXT, "account", 20},
                                                   {"points", VN_CLI_NUMBER, "points", 12},
                                                   {NULL, VN_CLI_TEXT, NULL, 0}};
    vn_cli_table(json_object_get(document, "risks"), columns, VN_CLI_TITLES);
    (void)printf("%lld of %lld points are owed", vn_cli_number(document, "owed"),
                 vn_cli_number(document, "total"));
    if (vn_cli_number(document, "lost") > 0) {
        (void)printf(", %lld were lost", vn_cli_number(document, "lost"));
    }
    (void)putchar('\n');
}

int vn_cli_risk_list(const struct vn_cli *cli)
{
    return vn_cli_show(cli, "/admin/risk", print_risks);
}

/* Without a figure it says what would be lost, and that nothing was done. */
int vn_cli_risk_settle(const struct vn_cli *cli)
{
    json_t *out = NULL;
    int posted = vn_cli_post_loss(cli, "/admin/risk", "account", &out);
    if (posted != 0) {
        return posted;
    }
    int code = cli->loss == NULL ? 1 : 0;
    if (cli->json) {
        int printed = vn_cli_print_json(out);
        return code == 0 ? printed : code;
    }
    long long points = vn_cli_number(out, "points");
    (void)printf("%s %s %lld points of the chain's risk\n", cli->args[0],
                 code == 0 ? "is settled; lost:" : "owes", points);
    if (code != 0 && points > 0) {
        (void)fprintf(stderr,
                      "verno-hub: nothing was done: to book this as lost,\n"
                      "verno-hub risk settle %s --loss %lld\n",
                      cli->args[0], points);
    } else if (code != 0) {
        (void)fprintf(stderr, "verno-hub: there is nothing to settle; verno-hub risk list says who owes\n");
    }
    json_decref(out);
    return code;
}
