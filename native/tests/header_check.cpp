// The public header alone, as C++17 under strict flags: every inline function is used, so that each is compiled.
#include <taskpipeline/tp_algorithm.h>

#include <cstdint>

static_assert(sizeof(void *) != 8 || sizeof(tp_algorithm) == 96, "the same layout as in C");
static_assert(sizeof(void *) != 8 || sizeof(tp_host_functions) == 72, "the same layout as in C");

namespace {

tp_status use_everything(tp_context *context, void *)
{
    const char *text = nullptr;
    const std::uint8_t *bytes = nullptr;
    std::uint32_t length = 0;
    tp_input(context, &bytes, &length);
    tp_log(context, tp_scratch(context));
    tp_message(context, "nothing");
    if (tp_progress(context, 1, "stage") != 0 || tp_should_stop(context) != 0) {
        return TP_STOPPED;
    }
    return tp_parameter(context, "name", &text, &length) != 0 ? tp_result(context, text, length) : TP_OK;
}

} // namespace

int main()
{
    tp_algorithm algorithm = {};
    algorithm.struct_size = sizeof algorithm;
    algorithm.run = use_everything;
    return algorithm.run != nullptr ? 0 : 1;
}
