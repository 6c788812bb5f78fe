{% macro has_enough_customers(customer_count) -%}
    {{ customer_count }} >= {{ var('favoured_by_customers') }}
{%- endmacro %}


{% macro is_large_part(count, total) -%}
    {{ count }} > 0
        and {{ count }} >= {{ share_var('min_named_share') }}
        * cast({{ total }} as decimal(18, 0))
{%- endmacro %}


{% macro is_beyond_chance(difference, standard_error) -%}
    {{ comparable(difference) }}
        > {{ comparable(var('favoured_by_standard_errors') ~ ' * ' ~ standard_error) }}
{%- endmacro %}


{#- Beyond chance and below what is of interest, as in a large package, is the same. -#}
{% macro difference_verdict(
    difference, standard_error, smallest_of_interest, customer_count
) -%}
    {%- set verdicts = var('difference_verdict') -%}
    case
        when not {{ has_enough_customers(customer_count) }} or {{ standard_error }} is null
            then '{{ verdicts["too_few"] }}'
        when
            {{ comparable('abs(' ~ difference ~ ')') }} >= {{ smallest_of_interest }}
            and {{ is_beyond_chance('abs(' ~ difference ~ ')', standard_error) }}
            then '{{ verdicts["differs"] }}'
        when
            {{ comparable(detectable_difference(standard_error)) }}
            <= {{ smallest_of_interest }}
            then '{{ verdicts["same"] }}'
        else '{{ verdicts["too_few"] }}'
    end
{%- endmacro %}


{% macro detectable_difference(standard_error) -%}
    {{ var('favoured_by_standard_errors') }} * {{ standard_error }}
{%- endmacro %}


{% macro expects_products(orders=none) -%}
    {%- set prefix = orders ~ '.' if orders else '' -%}
    {{ prefix }}is_analysed
        and {{ prefix }}eval_set <> 'test'
{%- endmacro %}


{% macro fills_a_spreadsheet(rows_read) -%}
    {{ rows_read }} + 1 = {{ var('spreadsheet_lines') }}
{%- endmacro %}
