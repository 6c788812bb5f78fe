{#- Two ids as one number, to group or join by: half the work of two columns. -#}
{% macro composite_key(first_id, second_id) -%}
    cast({{ first_id }} as bigint) * 4294967296 + {{ second_id }}
{%- endmacro %}


{#- Order and product as one number. -#}
{% macro order_product_key() -%}
    {{ composite_key('order_id', 'product_id') }}
{%- endmacro %}
