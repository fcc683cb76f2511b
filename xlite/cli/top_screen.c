/* SPDX-License-Identifier: GPL-2.0-or-later
 * top on a terminal, by ncurses: what is on the screen, and what keys do.
 */
#include <curses.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/top.h"

#define HEAD_LINES 2	/* the host, and the titles */
#define control(key) ((key) & 0x1f)

struct screen {
	const struct cli *cli;
	struct host *host;
	struct top_view *view;
	struct top_sample sample;
	struct top_lines lines;
	unsigned nr_looks;
	size_t selected, first;		/* lines; 0 has the titles */
	char filter[64];
	bool helps, types, leaves;	/* types: the filter is being typed */
	bool stale;			/* what is looked at has changed: the next look is now */
};

static const char *const help[] = {
	"",
	"  up, down, page up, page down, home, end   select a line",
	"  P  sort by CPU         M  by memory        T  by CPU time",
	"  N  by ID               n  by name          I  the other way round",
	"  v, H                   show each vCPU, or not",
	"  /, F4                  only names with what is typed; Enter keeps it, Esc shows all again",
	"  space, r               look now",
	"  ?, h, F1               this help",
	"  q, F10, Ctrl-C         leave",
	"",
	"  CPU% and TIME+ are of one CPU. RX/s and READ/s are bytes per second that the guest has received and read,",
	"  TX/s and WRITE/s those that it has sent and written; `-' where domain 0's kernel does not count them.",
	"",
	"  Any key goes back.",
	NULL,
};

/* A line of the screen, cut at its right end. */
static void draw(int y, int attributes, const char *text)
{
	attrset((attr_t)attributes);
	move(y, 0);
	addnstr(text, COLS);
	for (int x = getcurx(stdscr); attributes && getcury(stdscr) == y && x < COLS; x++)
		addch(' ');
	attrset(A_NORMAL);
}

static void draw_help(void)
{
	draw(0, A_REVERSE, "xlite top");
	for (int y = 0; help[y] && y + 1 < LINES; y++)
		draw(y + 1, A_NORMAL, help[y]);
}

static void draw_foot(const struct screen *screen)
{
	char text[128] = "?: help  q: leave  P M T N: sort  v: vCPUs  /: filter";

	if (screen->types || *screen->filter)
		snprintf(text, sizeof(text), "filter: %s%s", screen->filter, screen->types ? "_" : "  (Esc: all)");
	draw(LINES - 1, A_REVERSE, text);
}

/* What fits of the lines, so that the selected one is among them. */
static void draw_lines(struct screen *screen)
{
	size_t room = LINES > HEAD_LINES + 1 ? (size_t)(LINES - HEAD_LINES - 1) : 1, last = screen->lines.nr - 1;

	if (screen->selected > last)
		screen->selected = last;
	if (!screen->selected && last)
		screen->selected = 1;
	if (screen->first < 1 || screen->first > screen->selected)
		screen->first = screen->selected ? screen->selected : 1;
	if (screen->selected >= screen->first + room)
		screen->first = screen->selected - room + 1;
	for (size_t i = screen->first; i <= last && i < screen->first + room; i++)
		draw((int)(i - screen->first) + HEAD_LINES, i == screen->selected ? A_REVERSE : A_NORMAL,
		     screen->lines.items[i]);
}

static void draw_all(struct screen *screen)
{
	auto_buf struct buf head = BUF_INIT;

	erase();
	if (screen->helps) {
		draw_help();
	} else if (screen->lines.nr) {
		top_head(&screen->sample, &head);
		draw(0, A_NORMAL, buf_str(&head));
		draw(1, A_BOLD | A_REVERSE, screen->lines.items[0]);
		draw_lines(screen);
		draw_foot(screen);
	}
	refresh();
}

/* In the order and with the filter of now; who was selected stays so. */
static int arrange(struct screen *screen, struct xlite_error *err)
{
	uint32_t domid = screen->lines.nr > screen->selected ? screen->lines.domids[screen->selected] : UINT32_MAX;
	bool first = screen->selected <= 1;

	screen->view->filter = *screen->filter ? screen->filter : NULL;
	top_lines_clear(&screen->lines);
	top_sort(&screen->sample, screen->view);
	if (top_lines_make(&screen->sample, screen->view, &screen->lines))
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* At the top it is the first that is of interest. */
	for (size_t i = 1; i < screen->lines.nr && !first; i++) {
		if (screen->lines.domids[i] == domid && screen->lines.domids[i] != screen->lines.domids[i - 1])
			screen->selected = i;
	}
	return 0;
}

static int look(struct screen *screen, struct xlite_error *err)
{
	struct top_sample sample;
	int rc = top_look(screen->cli, screen->host, screen->view->vcpus, &sample, err);

	if (rc)
		return rc;
	top_rate(&sample, &screen->sample);
	top_sample_clear(&screen->sample);
	screen->sample = sample;
	screen->nr_looks++;
	screen->stale = false;
	return arrange(screen, err);
}

static void sort_by(struct screen *screen, enum top_order order)
{
	screen->view->order = order;
	screen->view->reversed = false;
	screen->selected = 0;
}

/* A key while the filter is typed. */
static void type(struct screen *screen, int key)
{
	size_t len = strlen(screen->filter);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		screen->types = false;
	} else if (key == 27) {
		screen->types = false;
		*screen->filter = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && len) {
		screen->filter[len - 1] = '\0';
	} else if (key > ' ' && key < 127 && len + 1 < sizeof(screen->filter)) {
		screen->filter[len] = (char)key;
		screen->filter[len + 1] = '\0';
	}
}

static void move_to(struct screen *screen, int key)
{
	size_t page = LINES > HEAD_LINES + 2 ? (size_t)(LINES - HEAD_LINES - 2) : 1,
	       step = key == KEY_UP || key == KEY_DOWN ? 1 : page;

	if (key == KEY_HOME)
		screen->selected = screen->first = 1;
	else if (key == KEY_END)
		screen->selected = screen->lines.nr;
	else if (key == KEY_DOWN || key == KEY_NPAGE)
		screen->selected += step;
	else
		screen->selected = screen->selected > step ? screen->selected - step : 1;
}

static void act(struct screen *screen, int key)
{
	switch (key) {
	case 'q': case KEY_F(10): case control('C'):
		screen->leaves = true;
		break;
	case '?': case 'h': case KEY_F(1):
		screen->helps = true;
		break;
	case 'P':
		sort_by(screen, TOP_CPU);
		break;
	case 'M':
		sort_by(screen, TOP_MEMORY);
		break;
	case 'T':
		sort_by(screen, TOP_TIME);
		break;
	case 'N': case 'n':
		sort_by(screen, key == 'N' ? TOP_ID : TOP_NAME);
		break;
	case 'I':
		screen->view->reversed = !screen->view->reversed;
		screen->selected = 0;
		break;
	case 'v': case 'V': case 'H':
		screen->view->vcpus = !screen->view->vcpus;
		screen->stale = true;
		break;
	case '/': case '\\': case KEY_F(3): case KEY_F(4):
		screen->types = true;
		break;
	case 27:
		*screen->filter = '\0';
		break;
	case ' ': case 'r':
		screen->stale = true;
		break;
	case control('L'):
		clearok(stdscr, TRUE);
		break;
	case KEY_UP: case KEY_DOWN: case KEY_PPAGE: case KEY_NPAGE: case KEY_HOME: case KEY_END:
		move_to(screen, key);
		break;
	}
}

/* All keys that were pressed. -EPIPE: there was input, and no key came of it: the terminal is gone, whatever poll says. */
static int take_keys(struct screen *screen)
{
	bool any = false;
	int key;

	while ((key = getch()) != ERR) {
		any = true;
		if (screen->helps)
			screen->helps = false;
		else if (screen->types)
			type(screen, key);
		else
			act(screen, key);
	}
	return any || top_resized || top_ended ? 0 : -EPIPE;
}

static void take_size(void)
{
	struct winsize size;

	top_resized = 0;
	if (!ioctl(1, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
}

static int turn(struct screen *screen, struct xlite_error *err)
{
	int rc = 0;

	while (!rc && !top_ended && !screen->leaves) {
		int64_t next_ns = screen->nr_looks ? top_next_ns(screen->cli, screen->nr_looks, screen->sample.at_ns) : 0;

		if (top_resized)
			take_size();
		if (screen->stale || clock_now_ns() >= next_ns) {
			if (screen->cli->options.count && screen->nr_looks > screen->cli->options.count)
				return 0;
			rc = look(screen, err);
			if (!rc)
				draw_all(screen);
			continue;
		}
		rc = top_wait(true, next_ns);
		if (rc > 0)
			rc = take_keys(screen);
		if (!rc)
			rc = arrange(screen, err);
		if (!rc)
			draw_all(screen);
	}
	return rc;
}

static int unknown_terminal(struct xlite_error *err)
{
	const char *name = getenv("TERM");

	xlite_error_set(err, -ENOTTY, "top: this host has no terminal of the kind `%s' (TERM) that can move its cursor",
			name ? name : "");
	xlite_error_hint(err, "TERM=xterm or TERM=vt100 suits most, if it has these (ncurses-base); --batch needs no terminal");
	return -ENOTTY;
}

/* NULL: there is none that ncurses knows how to use. */
static SCREEN *open_terminal(void)
{
	SCREEN *terminal = newterm(NULL, stdout, stdin);

	if (!terminal || tigetstr("cup"))
		return terminal;
	endwin();
	delscreen(terminal);
	return NULL;
}

int top_screen(const struct cli *cli, struct host *host, struct top_view *view, struct xlite_error *err)
{
	struct screen screen = { .cli = cli, .host = host, .view = view };
	SCREEN *terminal = open_terminal();
	int rc;

	if (!terminal)
		return unknown_terminal(err);
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	rc = turn(&screen, err);
	endwin();
	delscreen(terminal);
	top_lines_clear(&screen.lines);
	top_sample_clear(&screen.sample);
	view->filter = NULL;
	return rc;
}
