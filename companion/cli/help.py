"""Help in the reader's language: click's pages with the Chinese of each text."""

from collections.abc import Iterable

import click

from companion.render.language import language_in, translated

LANGUAGE = "companion.language"


class Formatter(click.HelpFormatter):
    """A help page in Chinese, whose characters are two columns wide."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        args = args.replace("[OPTIONS]", "[选项]")
        super().write_usage(prog, args, f"{translated('zh', 'Usage')}：")

    def write_heading(self, heading: str) -> None:
        self.write(f"{translated('zh', heading)}：\n")

    def write_text(self, text: str) -> None:
        paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
        indent = " " * self.current_indent
        self.write(
            "\n\n".join(
                "\n".join(indent + line for line in self.lines(paragraph, self.current_indent))
                for paragraph in paragraphs
            )
        )
        self.write("\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        rows = list(rows)
        widest = max((len(name) for name, _ in rows if len(name) <= col_max), default=0)
        start = self.current_indent + widest + col_spacing
        for name, text in rows:
            first, *rest = self.lines(text, start) or [""]
            lead = f"{'':{self.current_indent}}{name}"
            if len(name) > col_max:
                self.write(f"{lead}\n")
                lead = ""
            self.write(f"{lead:<{start}}{first}\n")
            self.write("".join(f"{'':{start}}{line}\n" for line in rest))

    def lines(self, text: str, indent: int) -> list[str]:
        """The Chinese of a text, as the lines beside an indent."""
        from companion.render.text import wrap

        return wrap(translated("zh", text), max(self.width - indent, 12))


class Context(click.Context):
    """Knows the language of the whole command line, as help is asked for before it is parsed."""

    def make_formatter(self) -> click.HelpFormatter:
        if self.meta.get(LANGUAGE) != "zh":
            return super().make_formatter()
        return Formatter(width=self.terminal_width, max_width=self.max_content_width)


def show_help(context: click.Context, param: click.Parameter, value: bool) -> None:
    """Show a help page, by the reader's pager where it is longer than the terminal."""
    from companion.cli.params import screen_for

    if value and not context.resilient_parsing:
        screen_for(None).show(context.get_help())
        context.exit()


class Command(click.Command):
    """A command whose help is in the reader's language."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.callback = show_help
        return option

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first paragraph, whole: each is written for one line of 80 columns."""
        return " ".join((self.help or "").partition("\n\n")[0].split())


class Group(Command, click.Group):
    """All commands; it sees which language the whole line asks for."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[LANGUAGE] = language_in(args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as err:
            if err.possibilities:
                raise
            line = f"no command is called {args[0]!r}; companion help shows them all"
            raise click.UsageError(line) from None
