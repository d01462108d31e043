# fish completion for fulcrum: fulcrum completion fish | source
# The program itself says what may come next: a word, a tab and what it means in each line; `:files` for names of files.
function __fulcrum_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2> /dev/null)
        if test "$line" = ':files'
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c fulcrum -f -a '(__fulcrum_complete)'
