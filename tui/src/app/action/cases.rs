//! The list of cases.

use super::context::{Context, Section};
use super::def::{actions, on};

const QUEUE: &[Context] = &[Context::Queue];
const REVIEW: &[Context] = &[Context::Review];
const HELP: &[Context] = &[Context::Help];

actions! {
    /// Which cases the list shows, and which of them is selected, marked or opened.
    Cases {
        /// Filter the list; find keys in the help.
        Filter = "filter", "filter, as state:review liver",
            on("/", QUEUE, Section::Find).hint("filter"),
            on("/", HELP, Section::Scroll).hint("find");
        /// Choose a saved filter.
        SavedFilters = "saved_filters", "saved filters",
            on("F", QUEUE, Section::Find);
        /// Sort the list by something else.
        Sort = "sort", "sort by something else",
            on("s", QUEUE, Section::Find).hint("sort");
        /// Reverse the order of the list.
        ReverseSort = "reverse_sort", "sort the other way round",
            on("S", QUEUE, Section::Find);
        /// Open the selected case.
        Open = "open", "open the case",
            on("enter", QUEUE, Section::Cases).hint("review");
        /// Mark the selected case.
        Mark = "mark", "mark, for several at once",
            on("space", QUEUE, Section::Cases);
        /// Begin or end a range of marks.
        MarkRange = "mark_range", "begin, end a range of marks",
            on("v", QUEUE, Section::Cases).hint("mark");
        /// Select the next case; scroll the help.
        SelectNext = "select_next", "next case",
            on("j down", QUEUE, Section::Cases).hint("move"),
            on("j down", HELP, Section::Scroll).hint("scroll");
        /// Select the previous case; scroll the help back.
        SelectPrevious = "select_previous", "previous case",
            on("k up", QUEUE, Section::Cases).hint("move"),
            on("k up", HELP, Section::Scroll).hint("scroll");
        /// Turn to the next page of details of the case.
        PageNext = "more_about", "more about the case",
            on("J", QUEUE, Section::Cases);
        /// Turn to the page before.
        PagePrevious = "less_about", "the page before",
            on("K", QUEUE, Section::Cases);
        /// Select ten cases further.
        SelectFurther = "select_further", "ten cases on",
            on("ctrl-d pgdn", QUEUE, Section::Cases);
        /// Select ten cases back.
        SelectFurtherBack = "select_further_back", "ten cases back",
            on("ctrl-u pgup", QUEUE, Section::Cases);
        /// Select the first case.
        SelectFirst = "select_first", "first case",
            on("g home", QUEUE, Section::Cases);
        /// Select the last case.
        SelectLast = "select_last", "last case",
            on("G end", QUEUE, Section::Cases);
        /// Open the next case that waits for review.
        Next = "next_case", "next case in review",
            on("n", REVIEW, Section::Cases).hint("case");
        /// Open the previous case that waits for review.
        Previous = "previous_case", "previous case in review",
            on("p", REVIEW, Section::Cases).hint("case");
        /// Copy the command that opens the case here.
        CopyLink = "copy_link", "copy a link to this",
            on("Y", QUEUE, Section::Cases),
            on("Y", REVIEW, Section::Cases);
    }
}
