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


{% macro expects_products(orders=none) -%}
    {%- set prefix = orders ~ '.' if orders else '' -%}
    {{ prefix }}is_analysed
        and {{ prefix }}eval_set <> 'test'
{%- endmacro %}


{% macro fills_a_spreadsheet(rows_read) -%}
    {{ rows_read }} + 1 = {{ var('spreadsheet_lines') }}
{%- endmacro %}
