// A third-party library in C++17: exceptions stay inside, a table is loaded once in open and given back in close.
#include <taskpipeline/tp_algorithm.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

// Words that are not counted. Stands for what is worth loading only once per process.
struct stop_words {
    std::set<std::string, std::less<>> words{"a", "an", "and", "in", "of", "or", "the", "to"};
};

struct invalid_input : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct stopped {
};

std::string_view required_text(tp_context *context, const char *name)
{
    const char *text = nullptr;
    std::uint32_t length = 0;
    if (tp_parameter(context, name, &text, &length) == 0) {
        throw invalid_input(std::string(name) + ": is required");
    }
    return {text, length};
}

std::string count_words(tp_context *context, const stop_words &ignored)
{
    constexpr std::string_view blanks = " \t\r\n.,;:!?\"()";
    const std::string_view text = required_text(context, "text");
    std::unordered_map<std::string_view, int> counts;
    int words = 0;
    int most = 0;
    for (std::size_t start = text.find_first_not_of(blanks); start != text.npos;) {
        const std::size_t end = text.find_first_of(blanks, start);
        const std::string_view word = text.substr(start, end - start);
        words++;
        if (ignored.words.find(word) == ignored.words.end()) {
            const int count = ++counts[word];
            most = count > most ? count : most;
        }
        if (tp_progress(context, static_cast<std::int32_t>(start * 100 / text.size()), "counting") != 0) {
            throw stopped();
        }
        start = text.find_first_not_of(blanks, end);
    }
    return "{\"bytes\":" + std::to_string(text.size()) + ",\"words\":" + std::to_string(words)
        + ",\"distinct\":" + std::to_string(counts.size()) + ",\"most\":" + std::to_string(most) + "}";
}

// The border: whatever is thrown inside becomes a status, because an exception that leaves a C function ends the process.
tp_status run(tp_context *context, void *state) noexcept
{
    try {
        const std::string json = count_words(context, *static_cast<const stop_words *>(state));
        tp_progress(context, 100, "done");
        tp_result(context, json.data(), static_cast<std::uint32_t>(json.size()));
        return TP_OK;
    } catch (const stopped &) {
        return TP_STOPPED;
    } catch (const invalid_input &problem) {
        tp_message(context, problem.what());
        return TP_INVALID_INPUT;
    } catch (const std::bad_alloc &) {
        tp_message(context, "out of memory");
        return TP_RETRYABLE_ERROR;
    } catch (const std::exception &problem) {
        tp_message(context, problem.what());
        return TP_ERROR;
    } catch (...) {
        tp_message(context, "an exception of an unknown type");
        return TP_ERROR;
    }
}

tp_status open(void **state, char *error, std::uint32_t error_size) noexcept
{
    try {
        *state = std::make_unique<stop_words>().release();
        return TP_OK;
    } catch (const std::exception &problem) {
        std::snprintf(error, error_size, "%s", problem.what());
        return TP_RETRYABLE_ERROR;
    }
}

void close(void *state) noexcept
{
    delete static_cast<stop_words *>(state);
}

tp_algorithm describe_textstats()
{
    tp_algorithm algorithm = {}; // C++17 has no designated initialisers
    algorithm.struct_size = sizeof algorithm;
    algorithm.name = "textstats";
    algorithm.version = "1.0.0";
    algorithm.description = "Counts bytes, words and distinct words of text.";
    algorithm.expected_seconds = 0.01;
    algorithm.run = run;
    algorithm.open = open;
    algorithm.close = close;
    return algorithm;
}

} // namespace

const tp_library *tp_library_describe(void)
{
    static const tp_algorithm textstats = describe_textstats();
    static const tp_library library = {sizeof(tp_library), TP_ABI_VERSION, sizeof(tp_algorithm), 1, &textstats};
    return &library;
}
