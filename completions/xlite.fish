# SPDX-License-Identifier: GPL-2.0-or-later
# fish: completions of xlite, which says itself what may stand where (xlite/cli/complete.c).

function __xlite_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in (command $words[1] complete $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (string replace -r '^--[^=]*=' '' -- $typed)
            case :specs
                __fish_complete_path $typed | string match -re '(?:/|\.ya?ml)\t?[^\t]*$'
            case '*'
                echo $line
        end
    end
end
complete -c xlite -f -a '(__xlite_complete)'
