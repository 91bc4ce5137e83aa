// SPDX-License-Identifier: BSL-1.0
//
// Runs the part of Fastly VCL that aroma.vcl.in is written in, from its text: what it does not
// know, it refuses.
#ifndef AROMA_TESTS_EXAMPLES_VCL_MACHINE_HPP
#define AROMA_TESTS_EXAMPLES_VCL_MACHINE_HPP

#include <cctype>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vcl {

struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Integer = std::int64_t;
// NULL, INTEGER, BOOL, STRING
using Value = std::variant<std::monostate, Integer, bool, std::string>;
using Variables = std::map<std::string, Value, std::less<>>;

class Machine {
public:
    explicit Machine(std::string_view text)
    {
        split(text);
        for (std::size_t i = 0; i + 2 < tokens_.size(); ++i)
            if (tokens_[i].is("sub") && !tokens_[i].quoted)
                subs_[tokens_[i + 1].text] = i + 2;
    }

    Variables variables; // read and changed
    int error = 0;       // of an error statement, which ends the run
    std::string response, synthetic, returned;

    void run(std::string const& sub)
    {
        auto const found = subs_.find(sub);
        if (found == subs_.end())
            throw Wrong{"no sub " + sub};
        ended_ = false;
        at_ = found->second;
        block(true);
    }

    std::string text(std::string const& name) const // of a header; NULL is <null>
    {
        auto const found = variables.find(name);
        if (found == variables.end() || std::holds_alternative<std::monostate>(found->second))
            return "<null>";
        return std::get<std::string>(found->second);
    }

private:
    struct Token {
        std::string text;
        bool quoted = false;
        bool is(std::string_view other) const { return text == other && !quoted; }
    };

    void split(std::string_view t)
    {
        std::size_t i = 0;
        auto const starts = [&](std::string_view s) { return t.substr(i).starts_with(s); };
        auto const until = [&](std::string_view end) {
            std::size_t const found = t.find(end, i);
            if (found == t.npos)
                throw Wrong{"no end"};
            std::string_view const inside = t.substr(i, found - i);
            i = found + end.size();
            return std::string{inside};
        };
        while (i < t.size()) {
            auto const c = static_cast<unsigned char>(t[i]);
            if (std::isspace(c)) {
                ++i;
            } else if (starts("#") || starts("//")) {
                until("\n");
            } else if (starts("{\"")) {
                i += 2;
                tokens_.push_back({until("\"}"), true});
            } else if (starts("\"")) {
                ++i;
                tokens_.push_back({until("\""), true});
            } else if (std::isalnum(c)) {
                std::size_t const begin = i;
                while (i < t.size()
                       && (std::isalnum(static_cast<unsigned char>(t[i]))
                           || std::string_view{"._-"}.find(t[i]) != std::string_view::npos))
                    ++i;
                tokens_.push_back({std::string{t.substr(begin, i - begin)}});
            } else {
                static constexpr std::string_view operators[] = {
                    ">>=", "==", "!=", ">=", "<=", "&&", "||", "*=", "/=", "%=", "-=", "+="};
                std::size_t size = 1;
                for (std::string_view const op : operators)
                    if (starts(op) && op.size() > size)
                        size = op.size();
                tokens_.push_back({std::string{t.substr(i, size)}});
                i += size;
            }
        }
    }

    Token const& next() const
    {
        if (at_ >= tokens_.size())
            throw Wrong{"the text ends"};
        return tokens_[at_];
    }
    bool took(std::string_view text)
    {
        bool const is = next().is(text);
        at_ += is;
        return is;
    }
    void take(std::string_view text)
    {
        if (!took(text))
            throw Wrong{"expected " + std::string{text} + " before " + next().text};
    }
    std::string word()
    {
        std::string const text = next().text;
        ++at_;
        return text;
    }

    void block(bool runs)
    {
        take("{");
        while (!took("}"))
            statement(runs && !ended_);
    }

    void statement(bool runs)
    {
        if (took("declare")) {
            take("local");
            std::string const name = word();
            take("INTEGER");
            take(";");
            if (runs && !variables.emplace(name, Integer{0}).second)
                throw Wrong{"declared twice: " + name};
        } else if (took("set")) {
            std::string const name = word(), op = word();
            Value const value = expression();
            take(";");
            if (runs)
                set(name, op, value);
        } else if (took("unset")) {
            std::string const name = word();
            take(";");
            if (runs)
                variables.erase(name);
        } else if (took("if")) {
            bool undecided = runs;
            do {
                take("(");
                bool const holds = condition(undecided);
                take(")");
                block(undecided && holds);
                undecided = undecided && !holds;
            } while (took("elsif") || else_if());
            if (took("else"))
                block(undecided);
        } else if (took("error")) {
            std::string const code = word(), why = word();
            take(";");
            if (runs) {
                error = std::stoi(code);
                response = why;
                ended_ = true;
            }
        } else if (took("synthetic")) {
            std::string const page = word();
            take(";");
            if (runs)
                synthetic = page;
        } else if (took("return")) {
            take("(");
            std::string const what = word();
            take(")");
            take(";");
            if (runs) {
                returned = what;
                ended_ = true;
            }
        } else {
            throw Wrong{"a statement that is not known: " + next().text};
        }
    }

    bool else_if()
    {
        if (!next().is("else") || at_ + 1 >= tokens_.size() || !tokens_[at_ + 1].is("if"))
            return false;
        at_ += 2;
        return true;
    }

    void set(std::string const& name, std::string const& op, Value const& value)
    {
        if (name.starts_with("req.http.") || name.starts_with("obj.http.")
            || name == "obj.response") {
            if (op != "=" || !std::holds_alternative<std::string>(value))
                throw Wrong{"a header is set to a STRING: " + name};
            variables[name] = value;
            return;
        }
        auto const found = variables.find(name);
        if (found == variables.end() || !(name.starts_with("var.") || name == "obj.status"))
            throw Wrong{"cannot be set: " + name};
        Integer& left = std::get<Integer>(found->second);
        Integer const right = std::get<Integer>(value);
        if (op == "=")
            left = right;
        else if (op == "-=")
            left -= right;
        else if (op == ">>=")
            left >>= right;
        else if (op == "*=") {
            if (__builtin_mul_overflow(left, right, &left))
                throw Wrong{"overflow"};
        } else if (op == "%=" || op == "/=") {
            if (right == 0)
                throw Wrong{"division by zero"};
            if (op == "/=" && left % right != 0)
                throw Wrong{"a division that has to round"};
            left = op == "/=" ? left / right : left % right;
        } else {
            throw Wrong{"not an assignment: " + op};
        }
    }

    Value operand()
    {
        Token const token = next();
        ++at_;
        if (token.quoted)
            return token.text;
        if (std::isdigit(static_cast<unsigned char>(token.text[0])))
            return Integer{std::stoll(token.text)};
        if (token.is("std.itoa")) {
            take("(");
            Value const value = operand();
            take(")");
            return std::to_string(std::get<Integer>(value));
        }
        auto const found = variables.find(token.text);
        if (found != variables.end())
            return found->second;
        if (token.text.starts_with("req.http."))
            return std::monostate{};
        if (token.text.starts_with("var.")) // of a branch that is not run
            return Integer{0};
        throw Wrong{"not known: " + token.text};
    }

    Value expression()
    {
        Value value = operand();
        while (took("+"))
            value = std::get<std::string>(value) + std::get<std::string>(operand());
        return value;
    }

    bool condition(bool runs)
    {
        bool value = conjunction(runs);
        while (took("||"))
            value = conjunction(runs) || value;
        return value;
    }
    bool conjunction(bool runs)
    {
        bool value = comparison(runs);
        while (took("&&"))
            value = comparison(runs) && value;
        return value;
    }
    bool comparison(bool runs)
    {
        if (took("!"))
            return !comparison(runs);
        if (took("(")) {
            bool const value = condition(runs);
            take(")");
            return value;
        }
        Value const left = operand();
        std::string const op = next().text;
        if (op == "==" || op == "!=" || op == ">=" || op == "<=" || op == ">" || op == "<") {
            ++at_;
            Value const right = operand();
            if (!runs)
                return false;
            if (left.index() != right.index() && !std::holds_alternative<std::monostate>(left))
                throw Wrong{"two types are compared with " + op};
            if (op == "==" || op == "!=")
                return (left == right) == (op == "==");
            Integer const a = std::get<Integer>(left), b = std::get<Integer>(right);
            return op == ">=" ? a >= b : op == "<=" ? a <= b : op == ">" ? a > b : a < b;
        }
        return runs && std::get<bool>(left);
    }

    std::vector<Token> tokens_;
    std::map<std::string, std::size_t> subs_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

} // namespace vcl

#endif // AROMA_TESTS_EXAMPLES_VCL_MACHINE_HPP
