/* What a host relies on when it loads a library, for every library built here. Argument: the path of the library. */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <taskpipeline/tp_algorithm.h>

#include <dlfcn.h>

static void check_algorithm(const tp_algorithm *algorithm)
{
    size_t length = algorithm->name != NULL ? strlen(algorithm->name) : 0;
    CHECK(length >= 1 && length <= 100, "the length of the name is %zu", length);
    CHECK(strspn(algorithm->name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length, "%s", algorithm->name);
    CHECK_NUMBER(sizeof *algorithm, algorithm->struct_size);
    CHECK(algorithm->version != NULL && algorithm->version[0] != '\0', "%s", algorithm->name);
    CHECK(algorithm->description != NULL && algorithm->description[0] != '\0', "%s", algorithm->name);
    CHECK(algorithm->run != NULL, "%s", algorithm->name);
    CHECK(algorithm->default_timeout_seconds >= 0, "%s", algorithm->name);
    CHECK(algorithm->expected_seconds > 0, "%s", algorithm->name);
    CHECK(algorithm->cpu_limit_seconds >= 0, "%s", algorithm->name);
}

int main(int argument_count, char **arguments)
{
    CHECK_NUMBER(2, argument_count);
    void *loaded = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    CHECK(loaded != NULL, "%s", dlerror());
    const tp_library *(*describe)(void);
    *(void **)(void *)&describe = dlsym(loaded, "tp_library_describe");
    CHECK(describe != NULL, "%s", dlerror());

    const tp_library *library = describe();
    CHECK(describe() == library, "the second answer differs");
    CHECK_NUMBER(sizeof *library, library->struct_size);
    CHECK_NUMBER(TP_ABI_VERSION, library->abi_version);
    CHECK_NUMBER(sizeof(tp_algorithm), library->algorithm_size);
    CHECK(library->algorithm_count > 0, "no algorithm");
    for (uint32_t i = 0; i < library->algorithm_count; i++) {
        check_algorithm(&library->algorithms[i]);
        for (uint32_t k = 0; k < i; k++) {
            CHECK(strcmp(library->algorithms[i].name, library->algorithms[k].name) != 0, "%s stands there twice",
                library->algorithms[i].name);
        }
    }
    return 0;
}
