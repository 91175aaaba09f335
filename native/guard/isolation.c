#define _GNU_SOURCE

#include "isolation.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(SYS_landlock_create_ruleset)

/* From linux/landlock.h, which the headers of the build machine may be too old for. */
struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

struct path_rule {
    uint64_t allowed_access;
    int32_t parent;
} __attribute__((packed));

enum {
    version_query = 1,
    version_with_refer = 2,
    version_with_scopes = 6,
    path_beneath = 1,
    access_refer = 1 << 13,
    scope_signals = 1 << 1,
};

/* Allows moving files between folders everywhere, which is all that the ruleset handles. */
static void allow_refer(int ruleset)
{
    struct path_rule everywhere = {.allowed_access = access_refer, .parent = open("/", O_PATH | O_CLOEXEC)};
    syscall(SYS_landlock_add_rule, ruleset, path_beneath, &everywhere, 0);
    close(everywhere.parent);
}

/* Under root: these would open the memory of every process all the same. Elsewhere there is nothing to drop. */
static void drop_capabilities(void)
{
    enum { sys_ptrace = 19, sys_admin = 21, perfmon = 38 };
    prctl(PR_CAPBSET_DROP, sys_ptrace, 0, 0, 0);
    prctl(PR_CAPBSET_DROP, sys_admin, 0, 0, 0);
    prctl(PR_CAPBSET_DROP, perfmon, 0, 0, 0);
}

/* That processes cannot look into those outside comes with every domain that handles an access to files. This one handles
 * one and gives it back entirely. */
void isolation_enter(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, version_query);
    if (version < version_with_refer) {
        return;
    }
    struct ruleset rules = {.handled_access_fs = access_refer};
    if (version >= version_with_scopes) {
        rules.scoped = scope_signals;
    }
    long ruleset = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (ruleset < 0) {
        return;
    }
    drop_capabilities();
    allow_refer((int)ruleset);
    syscall(SYS_landlock_restrict_self, (int)ruleset, 0);
    close((int)ruleset);
}

#else

void isolation_enter(void)
{
}

#endif
