# SPDX-License-Identifier: GPL-2.0-or-later
# Completions, each where its shell looks for those of packages.
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_zshcomp_DATA = completions/_xlite
dist_fishcomp_DATA = completions/xlite.fish
# bash looks for the command's name.
EXTRA_DIST += completions/xlite.bash
install-data-hook:
	$(MKDIR_P) '$(DESTDIR)$(bashcompdir)' && $(INSTALL_DATA) $(top_srcdir)/completions/xlite.bash '$(DESTDIR)$(bashcompdir)/xlite'
uninstall-local:
	rm -f '$(DESTDIR)$(bashcompdir)/xlite'
